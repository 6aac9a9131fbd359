"""Getting Lean's WebAssembly build: fetched, checked, patched and tried, once per machine."""
