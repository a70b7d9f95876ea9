"""The web office people work in: server-rendered pages, one module per noun, with their templates and translations."""
