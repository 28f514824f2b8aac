"""Common parts of the pages: this visitor's runs, the controls, the panels and the live view."""
