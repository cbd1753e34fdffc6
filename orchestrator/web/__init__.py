"""Pages, catalogues and the browser client."""
