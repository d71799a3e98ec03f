"""The list body's side: review, approve, build, sign, publish. The resolver never imports it."""
