"""Papers that are shown and signed: PDF files made into pictures, apart from the service."""
