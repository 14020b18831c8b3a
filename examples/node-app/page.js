'use strict';

const escapeHtml = require('escape-html');
const ms = require('ms');

/** The page for a path, after the server has been up for `uptimeMs`. */
function page(greeting, path, uptimeMs) {
  return `<p>${escapeHtml(greeting)} You asked for ${escapeHtml(path)}. Up for ${ms(uptimeMs, { long: true })}.</p>\n`;
}

module.exports = { page };
