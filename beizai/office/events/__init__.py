"""Events in the office: what sites and programs tell, their keys, and what waits to be mended."""
