"""What is drawn: pure functions from values of `tui.model` and a width to text with styles."""
