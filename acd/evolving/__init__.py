"""What each event makes of the floor. `Floor.evolve` alone calls these: nobody else writes the floor."""
