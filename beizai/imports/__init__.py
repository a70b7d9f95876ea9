"""Files in: recognise, repair, preview, bring in, undo."""
