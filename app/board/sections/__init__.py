"""One file a section: what it holds, how events change it (in app.board.fold), and how tables give the same."""
