"""Plain data, one file a section. How events change it is in app.board.reducers."""
