"""The miniature: an endless seeded little world, described in English, German and French.

`scene` is the world, `plan` is the language-independent syntax, `narration` says something true
about a scene, `english`, `german` and `french` realise it, `splits` keeps test scenes and test
sentences out of training, `world` puts these together and `problems` registers the result.
"""
