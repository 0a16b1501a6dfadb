#!/bin/bash
# All that is to be measured on one GPU with JAX, the most important first, in about nine minutes.
#
#     benchmarks/gpu_check.sh FOLDER [--quick] [PART...]
#
# Parts are experts, text, depthwise, audio, image, caption and decode; all if none is named. Every line
# goes to FOLDER/log.txt, too, and the figures to FOLDER/*.json. Each program has a limit of its
# own, together 13 minutes, and the next one runs whatever became of it. PYTHON names the
# interpreter, PYTHONPATH what it lacks.
set -u
folder=${1:?"Usage: benchmarks/gpu_check.sh FOLDER [--quick] [PART...]"}
shift
quick=""
if [[ ${1:-} == --quick ]]; then quick=$1; shift; fi
parts=${*:-experts text depthwise audio image caption decode}
mkdir -p "$folder" && folder=$(cd "$folder" && pwd) || exit 1
cd "$(dirname "$0")/.." || exit 1
export PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1 COLUMNS=120
python=${PYTHON:-python3}
programs=$(mktemp -d)
trap 'rm -rf "$programs"' EXIT
# What one case tried of kernels, and the programs of weights and updates, the next finds there.
export JAX_COMPILATION_CACHE_DIR=$programs JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0

# run NAME SECONDS PROGRAM ARGUMENTS...
run() {
    local name=$1 seconds=$2
    shift 2
    [[ " $parts " == *" $name "* ]] || return
    echo "== $name: $* ($(date +%T))"
    timeout -k 5 "$seconds" "$python" "$@" --json="$folder/$name.json" 2>&1
    echo "== $name: exit code $?, after $SECONDS s"
}

# step NAME SECONDS CASE ARGUMENTS...
step() {
    local name=$1 seconds=$2 case=$3
    shift 3
    run "$name" "$seconds" benchmarks/step.py --backend=jax --cases="$case" --profile $quick "$@"
}

check() {
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
    "$python" -c 'from importlib.metadata import version as v; print("jax", v("jax"), "keras", v("keras"))'
    run experts 90 benchmarks/moe.py --backend=jax --check --rounds=9 \
        --dispatches="tiered,capacity,dense pair" \
        --shapes=4096,512,2048,60,4 --shapes=32768,1024,4096,64,4
    step text 130 "text base" --steps=8 --compile_cache="$programs"
    run depthwise 60 benchmarks/depthwise.py $quick
    step audio 180 "audio base" --steps=6
    step image 110 "image base" --steps=6
    step caption 110 "caption base" --steps=6
    run decode 100 benchmarks/decode.py --backend=jax --hparams=model.precision=mixed_bfloat16 \
        --sets=multimodel_base --rows=8,128 --steps=64 --norerun
}

check 2>&1 | tee "$folder/log.txt"
