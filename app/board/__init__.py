"""The common operating picture: folded from the journal, drawn as cards, pushed to every open board."""
