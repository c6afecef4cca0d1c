"""The kinds of step a flow is made of, each a module: its record, its YAML form, what it does. Start at `step.py`.

What a kind has to provide is in docs/flows.md, "Adding a kind of step".
"""
