"""The look of answers: the colours of the report, in what Gradio lays out, light and dark."""

from t2t_mm.report.stylesheet import DARK, LIGHT, TREE_STYLE

_ANSWERS = """
.gradio-container { max-width: 60rem !important; margin: 0 auto !important; }
.t2t { color: var(--ink); overflow-wrap: anywhere; }
.t2t .answer { font-size: 1.35rem; line-height: 1.35; margin: .2rem 0; white-space: pre-wrap; }
.t2t .wrong { border-left: 4px solid var(--wrong); background: var(--tint); color: var(--ink);
  padding: .6rem .8rem; border-radius: .3rem; margin: 0; }
.t2t .note { color: var(--faint); font-size: .9rem; margin: 0 0 .5rem; }
.t2t section { margin: 1.4rem 0 0; }
.t2t h3 { font-size: 1.05rem; margin: 0 0 .4rem; color: var(--ink); }
.t2t h4 { font-size: .9rem; margin: 0 0 .2rem; color: var(--faint); font-weight: 400; }
.t2t ol { list-style: none; margin: 0; padding: 0; }
.t2t li { display: grid; grid-template-columns: minmax(0, 1fr) 17rem; gap: .2rem 1rem;
  align-items: center; padding: .15rem 0; }
.t2t .shares li { grid-template-columns: 5.2rem 1fr; font-size: .85rem; padding: 0; }
.t2t .measure { display: grid; grid-template-columns: 1fr 3.6rem auto; gap: .5rem;
  align-items: center; font-variant-numeric: tabular-nums; }
.t2t .measure b { font-weight: 400; text-align: right; }
.t2t .measure small { color: var(--faint); min-width: 5.5rem; text-align: right; }
.t2t .track { background: var(--rule); height: .6rem; border-radius: .3rem; overflow: hidden; }
.t2t .bar { display: block; height: 100%; background: var(--model); border-radius: .3rem;
  width: calc(100% * var(--share)); min-width: 2px; }
.t2t .mixtures { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr)); }
.t2t .wide { overflow-x: auto; contain: inline-size; }
.t2t details { margin-top: .5rem; } .t2t summary { cursor: pointer; color: var(--model); }
.t2t svg { display: block; } .t2t svg text { fill: var(--ink); font-size: 12px; }
.t2t .piece.last { text-anchor: end; } .t2t rect.weight { fill: var(--model); }
.t2t rect.shade { fill: #000; }
.t2t .tiles { display: grid; gap: .6rem; grid-template-columns: repeat(auto-fill, 6.2rem); }
.t2t figure { margin: 0; } .t2t .tile { width: 100%; height: auto; border-radius: .25rem;
  background: var(--picture) 0 0 / 100% 100% no-repeat; }
.t2t figcaption { font-size: .85rem; text-align: center; }
@media (max-width: 44rem) { .t2t li { grid-template-columns: 1fr; }
  .t2t .alternatives li { padding: .35rem 0; } }
"""

STYLE = f".t2t {{ {LIGHT} }} .dark .t2t {{ {DARK} }}{_ANSWERS}{TREE_STYLE}"

LIGHT_THEME = {
    "body_background_fill": "#f6f6f3",
    "body_text_color": "#1d2126",
    "button_primary_background_fill": "#0072b2",
    "button_primary_background_fill_hover": "#005c90",
    "button_primary_text_color": "#fff",
}
DARK_THEME = {
    "body_background_fill_dark": "#15181c",
    "body_text_color_dark": "#e8e9ea",
    "button_primary_background_fill_dark": "#56b4e9",
    "button_primary_background_fill_hover_dark": "#7cc6ef",
    "button_primary_text_color_dark": "#15181c",
}
"""Settings of Gradio's theme beside which the answers stand."""
