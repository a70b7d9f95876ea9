"""What the office's templates are written with."""
