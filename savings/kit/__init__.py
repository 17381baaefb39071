"""What belongs to no subject: forms, fields of JSON, exports, COPY, numbers in words."""
