"""Take it home: pictures, films, tables, weights, a script and a page of a run."""
