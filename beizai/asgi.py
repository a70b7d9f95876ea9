"""Where requests come in: the edge under /t/, the office under everything else."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beizai.settings")
django.setup()

from django.core.handlers.asgi import ASGIHandler  # noqa: E402  (after setup)

application = ASGIHandler()
