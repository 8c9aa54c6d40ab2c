"""The install folder of an office: a release arrives, is checked, tested and switched to, or the old one goes on."""
