"""Any loss in a training system. Each part needs its own extra, and imports it when first used."""
