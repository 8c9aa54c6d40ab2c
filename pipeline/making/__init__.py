"""From a city's workspace to the archives of an edition: inputs, limits, what is made, kept and taken over."""
