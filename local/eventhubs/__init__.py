"""An Event Hubs stand-in: an AMQP 1.0 broker with its log on disk, for one machine and the real SDK."""
