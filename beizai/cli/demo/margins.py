"""What a grocer keeps of 1,000 of sales, by department: SIMULATED figures of a usual size."""

BOOK_PERMILLE = 270

BY_DEPARTMENT = {
    "GROCERY": 260,
    "DRUG GM": 320,
    "PRODUCE": 340,
    "MEAT": 250,
    "MEAT-PCKGD": 280,
    "DELI": 420,
    "PASTRY": 480,
    "FUEL": 60,
    "NUTRITION": 300,
    "SEAFOOD": 280,
    "SEAFOOD-PCKGD": 270,
    "FLORAL": 450,
    "COSMETICS": 350,
    "SALAD BAR": 500,
    "SPIRITS": 240,
    "GARDEN CENTER": 350,
}
