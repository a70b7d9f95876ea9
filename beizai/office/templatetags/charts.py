"""Charts in templates."""

from django import template
from django.utils.safestring import SafeString

from beizai.office.charts import Chart, render

register = template.Library()


@register.simple_tag
def draw(chart: Chart | None) -> SafeString | str:
    """The figure of a chart; nothing where there is none."""
    return render(chart) if chart else ""
