"""The embedded engine, on Whoosh. The only folder that imports whoosh."""
