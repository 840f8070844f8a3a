"""What pages share. A folder, so that Streamlit does not take it for a page."""
