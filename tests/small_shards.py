"""Tars and Parquet files of a few small examples, as WebDataset and Hugging Face write them."""

import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import PIL.Image


def picture(shade: int = 0) -> bytes:
    """Makes a picture of one shade of grey."""
    content = io.BytesIO()
    PIL.Image.new("RGB", (8, 8), (shade,) * 3).save(content, "PNG")
    return content.getvalue()


def write_tar(path: Path, members: Iterable[tuple[str, bytes | str]]) -> Path:
    """Writes a tar of files in this order, names twice where they are given twice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, content in members:
            content = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def write_parquet(
    path: Path, columns: Mapping[str, Any], names: Mapping[str, list[str]] | None = None, **how: Any
) -> Path:
    """Writes columns; names of classes as Hugging Face's datasets do."""
    import pyarrow as pa
    import pyarrow.parquet

    features = {
        column: {"names": some, "_type": "ClassLabel"} for column, some in (names or {}).items()
    }
    said = json.dumps({"info": {"features": features}})
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(dict(columns)).replace_schema_metadata({"huggingface": said})
    pyarrow.parquet.write_table(table, path, **how)
    return path
