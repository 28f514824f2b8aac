"""What pages share: this visitor's runs, the controls, the panels and the live view."""
