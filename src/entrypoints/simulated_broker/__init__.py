"""A local broker that speaks the protocol of Alpaca: REST, market data and streams over the simulated brokerage."""
