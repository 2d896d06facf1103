SELECT name, occasion, channel, subject, body FROM templates ORDER BY name
