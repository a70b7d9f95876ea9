"""The picture in the demo's mail: a basket, drawn here so that nothing has to be brought along."""

from pathlib import Path

from PIL import Image, ImageDraw

_SIZE = (1200, 520)


def draw_picture(path: Path) -> None:
    """Draws the basket (1,200 by 520 pixels, shown at half of that) as a PNG of a few kB."""
    picture = Image.new("RGB", _SIZE, "#fcf1d8")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 400, 1200, 520), fill="#e4d3ac")
    _bottle(pen)
    _greens(pen)
    _bread(pen)
    _apples(pen)
    _basket(pen)
    picture.save(path, optimize=True)


def _basket(pen: ImageDraw.ImageDraw) -> None:
    pen.polygon(((300, 290), (900, 290), (830, 450), (370, 450)), fill="#a15f0c")
    pen.rounded_rectangle((282, 272, 918, 308), 18, fill="#7d5200")
    for row in range(3):
        for column in range(12):
            left = 352 + column * 42 + (row % 2) * 21 + row * 6
            if left < 840 - row * 10:
                pen.rounded_rectangle((left, 322 + row * 42, left + 30, 350 + row * 42), 6, fill="#c07f2a")


def _bottle(pen: ImageDraw.ImageDraw) -> None:
    pen.rounded_rectangle((700, 120, 780, 330), 22, fill="#ffffff", outline="#dbe1e7", width=4)
    pen.rectangle((722, 80, 758, 130), fill="#ffffff")
    pen.rounded_rectangle((716, 62, 764, 92), 8, fill="#1b4f86")
    pen.rectangle((704, 190, 776, 250), fill="#1b4f86")


def _greens(pen: ImageDraw.ImageDraw) -> None:
    for left, top in ((800, 150), (840, 170), (770, 185), (820, 205)):
        pen.ellipse((left, top, left + 70, top + 130), fill="#17633f")
        pen.line((left + 35, top + 16, left + 35, top + 124), fill="#74d0a2", width=4)


def _bread(pen: ImageDraw.ImageDraw) -> None:
    pen.rounded_rectangle((340, 190, 540, 320), 62, fill="#c98a35")
    for start in (375, 425, 475):
        pen.line((start, 212, start + 26, 262), fill="#f7e2b7", width=9)


def _apples(pen: ImageDraw.ImageDraw) -> None:
    for left, top, colour in ((545, 210, "#ad2c24"), (610, 225, "#c0392b"), (572, 168, "#ad2c24")):
        pen.ellipse((left, top, left + 88, top + 88), fill=colour)
        pen.line((left + 44, top + 8, left + 52, top - 14), fill="#5f3b12", width=6)
