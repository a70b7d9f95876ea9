"""Example customers of a trade, SIMULATED: invented from its folder's parameters, brought in through the rooms, taken out whole."""
