"""The demo's shop: `shop.web` serves it over HTTP, `shop.worker` does the jobs that it queues in redis."""
