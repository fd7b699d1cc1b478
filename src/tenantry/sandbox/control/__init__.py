"""How people and tests steer the sandbox: JSON endpoints below /_sandbox and a page at /."""
