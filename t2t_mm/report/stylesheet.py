"""The page's look: light and dark, for a phone first.

Colours are Okabe and Ito's, which the colour-blind tell apart; nothing is told by colour alone.
"""

LIGHT = (
    "--page: #f6f6f3; --card: #fff; --ink: #1d2126; --faint: #666c74; --rule: #dcdcd6; "
    "--model: #0072b2; --chance: #a3a8ae; --wrong: #c04a00; --tint: #fbe3d3; --right: #00795a;"
)
DARK = (
    "--page: #15181c; --card: #1e2227; --ink: #e8e9ea; --faint: #9ba2aa; --rule: #363c43; "
    "--model: #56b4e9; --chance: #6b727a; --wrong: #f08a4b; --tint: #4a2c1a; --right: #3fc79a;"
)

_COLOURS = f"""
:root {{ color-scheme: light dark; {LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root {{ {DARK} }} }}"""

TREE_STYLE = """
.tree text { text-anchor: middle; font-size: 12.5px; } .tree line { stroke: var(--chance); }
.tree .word { font-style: italic; } .tree .tag { fill: var(--faint); }
.outline { display: none; font-size: .9rem; overflow-wrap: anywhere; }
.outline div { border-left: 2px solid var(--rule); padding-left: .45rem; margin: .2rem 0; }
.outline b { color: var(--faint); font-size: .75rem; font-weight: 400; }
.outline .label > b { color: var(--model); } .outline .tag { margin-right: .3rem; }
@media (max-width: 44rem) { .tree { display: none; } .outline { display: block; } }
"""

_PAGE = """
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.5rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 0 0 .4rem; scroll-margin-top: 5.5rem; overflow-wrap: anywhere; }
h2 small { color: var(--faint); font-weight: 400; font-size: 1rem; white-space: nowrap; }
h3 { font-size: 1rem; margin: .2rem 0; scroll-margin-top: 5.5rem; overflow-wrap: anywhere; }
section { margin: 2.2rem 0; }
.note { color: var(--faint); margin: 0 0 .8rem; max-width: 46rem; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: .7rem 1rem;
  margin: 1rem 0; }
dt { color: var(--faint); font-size: .8rem; }
dd { margin: 0; overflow-wrap: anywhere; }
nav { position: sticky; top: 0; z-index: 1; background: var(--page);
  border-bottom: 1px solid var(--rule); padding: .5rem max(1rem, 50% - 33rem);
  display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; max-height: 5rem; overflow: auto; }
a { color: var(--model); } nav a { text-decoration: none; white-space: nowrap; }
.cards + h3 { margin-top: 1rem; }
.wide { overflow-x: auto; }
.card { background: var(--card); border: 1px solid var(--rule); border-radius: .6rem;
  padding: .8rem; min-width: 0; }
.cards { display: grid; gap: .8rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 16rem), 1fr)); }
.wide-cards { grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); }
.small-cards { grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); }
.small-cards .said { grid-template-columns: 2.8rem 1fr; gap: .3rem; }
.scores { list-style: none; margin: 0; padding: .2rem .9rem; background: var(--card);
  border: 1px solid var(--rule); border-radius: .6rem; }
.score { display: grid; grid-template-columns: 11rem 1fr 13rem; gap: .2rem 1rem; padding: .6rem 0;
  align-items: center; }
.score + .score { border-top: 1px solid var(--rule); }
.name strong { display: block; font-weight: 600; overflow-wrap: anywhere; }
.name span, .others { color: var(--faint); font-size: .9rem; }
.bars { --unit: .78%; font-size: .85rem; line-height: 1.35; }
.bar { display: inline-block; height: .8em; min-width: 2px; width: calc(var(--share) * var(--unit));
  margin-right: calc(.4em + max(var(--high, 0) - var(--share), 0) * var(--unit)); }
.model { position: relative; }
.around { position: absolute; top: .35em; height: .6em; left: calc(var(--low) * var(--unit));
  width: calc((var(--high) - var(--low)) * var(--unit)); border: solid var(--ink);
  border-width: 0 1.5px; background: linear-gradient(var(--ink) 0 0) center/100% 1.5px no-repeat; }
.model .bar { background: var(--model); border-radius: 0 2px 2px 0; }
.chance .bar { background: var(--chance); border-radius: 0 2px 2px 0; }
.baseline .bar { border: 1px solid var(--chance); border-left: 0; border-radius: 0 2px 2px 0;
  background: repeating-linear-gradient(-45deg, var(--chance) 0 2px, transparent 2px 6px); }
.chance, .baseline { color: var(--faint); }
table { border-collapse: collapse; width: 100%; background: var(--card); }
th, td { padding: .35rem .7rem; text-align: right; border-bottom: 1px solid var(--rule);
  font-variant-numeric: tabular-nums; }
th { font-weight: 600; } thead th { color: var(--faint); font-weight: 400; font-size: .85rem; }
th:first-child { text-align: left; }
.said { display: grid; grid-template-columns: 3.6rem 1fr; gap: .5rem; margin-top: .45rem; }
.said > div { min-width: 0; overflow-wrap: anywhere; }
.who { color: var(--faint); font-size: .85rem; padding-top: .1rem; }
.said ul { margin: 0; padding-left: 1.1rem; } .faint { color: var(--faint); }
.card img { display: block; width: 100%; max-height: 15rem; object-fit: contain;
  background: var(--page); border-radius: .3rem; }
audio { width: 100%; height: 2.6rem; }
mark, .outline .wrong > b { background: var(--tint); color: inherit; padding: 0 .15em;
  border-radius: .2em; box-shadow: 0 0 0 1px var(--wrong); box-decoration-break: clone;
  -webkit-box-decoration-break: clone; }
.right { color: var(--right); font-weight: 700; } .false { color: var(--wrong); font-weight: 700; }
svg { display: block; } svg text { fill: var(--ink); font-size: 12px; }
.curve { width: 100%; height: auto; }
svg .tick, svg .row { fill: var(--faint); font-size: 10.5px; }
svg .last, svg .row { text-anchor: end; } svg .middle { text-anchor: middle; }
.grid { stroke: var(--rule); stroke-width: .7; } .axis { stroke: var(--faint); stroke-width: .8; }
.line { fill: none; stroke: var(--chance); stroke-width: 1.5; stroke-linejoin: round; }
.valid.line { stroke: var(--model); stroke-width: 2; }
circle.line { fill: var(--chance); } circle.valid.line { fill: var(--model); }
svg .end { font-size: 11px; fill: var(--faint); } svg .end.valid { fill: var(--model); }
.experts { width: 100%; height: auto; } .experts rect { fill: var(--model); }
svg .share { font-size: 9.5px; text-anchor: middle; fill: var(--ink); }
svg .share.strong { fill: var(--card); }
.whole { grid-column: 1 / -1; }
.tree rect { fill: var(--tint); stroke: var(--wrong); } svg.tree .wrong { fill: var(--wrong); }
code { font-size: .85rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .8rem; }
footer { padding-bottom: 2.5rem; color: var(--faint); font-size: .9rem; }
@media (max-width: 44rem) { .score { grid-template-columns: 1fr; } h1 { font-size: 1.4rem; }
  .bars { --unit: .68%; } th, td { padding: .35rem .4rem; }
  nav { flex-wrap: nowrap; scrollbar-width: none; } }
"""

STYLE = _COLOURS + _PAGE + TREE_STYLE
