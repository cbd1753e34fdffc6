"""The embedded CalDAV server: Xandikos' protocol layer over our bookings."""
