'use strict';

const http = require('node:http');

const { page } = require('./page.js');

const PORT = 3000;
const greeting = process.env.GREETING || 'Hello.';
const startedAt = Date.now();

http
  .createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(page(greeting, request.url, Date.now() - startedAt));
  })
  .listen(PORT, '127.0.0.1', () => console.log(`listening on ${PORT}`));
