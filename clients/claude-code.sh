# The secret stays in a file of yours; the server reads it at the first call.
claude mcp add --scope user sinch-numbers \
  --env SINCH_PROJECT_ID=YOUR_PROJECT_ID \
  --env SINCH_KEY_ID=YOUR_KEY_ID \
  --env SINCH_KEY_SECRET_FILE=/path/to/key-secret \
  -- node /path/to/sinch-numbers-mcp/dist/cli.js
