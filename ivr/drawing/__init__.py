"""Flows drawn: `graph.py` is what is to be drawn, `mermaid.py` writes it as text, `svg.py` as a picture."""
