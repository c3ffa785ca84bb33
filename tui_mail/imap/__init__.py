"""The only place that imports imapclient: session, reader, capabilities, quirks."""
