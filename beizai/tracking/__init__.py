"""Opens, clicks and unsubscribing: signed links, and whether a human or a machine did it."""
