"""From signed roles to static files: drop folder, online signer, mirrors, Web server."""
