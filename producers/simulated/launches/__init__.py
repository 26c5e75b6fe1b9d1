"""New coins: minted, given a pool, bought, sold and abandoned, by honest people and by others."""
