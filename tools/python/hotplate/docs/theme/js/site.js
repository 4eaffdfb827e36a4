// SPDX-License-Identifier: BSD-2-Clause
// The menu button of narrow windows, and the search: plain JavaScript that also works from a file.
// search/index.js, made by tools/hotplate site, sets siteIndex: a list of {location, title, text}, one a section.
"use strict";

var SHOWN = 50; // results; a query with more needs another word

function wordsOf(query) {
    return query.toLowerCase().split(/\s+/).filter(function (w) { return w; });
}

// A word in the title counts most; in the text it counts by its density, so that a short section about it comes first.
function scoreOf(section, words) {
    var title = section.title.toLowerCase(), text = section.text.toLowerCase(), sum = 0;
    for (var i = 0; i < words.length; i++) {
        var inTitle = title.indexOf(words[i]) >= 0, times = text.split(words[i]).length - 1;
        if (!inTitle && !times)
            return 0;
        sum += (inTitle ? 1 : 0) + times * words[i].length / (200 + text.length);
    }
    return sum;
}

// The sections that have all words of the query, best first.
function find(query, sections) {
    var words = wordsOf(query), found = [];
    for (var i = 0; words.length && i < sections.length; i++) {
        var score = scoreOf(sections[i], words);
        if (score)
            found.push({section: sections[i], score: score, nr: i});
    }
    found.sort(function (a, b) { return b.score - a.score || a.nr - b.nr; });
    return found.map(function (f) { return f.section; });
}

// About 200 characters of a text, around the first word of the query that it has.
function around(text, words) {
    var at = -1;
    for (var i = 0; i < words.length && at < 0; i++)
        at = text.toLowerCase().indexOf(words[i]);
    var begin = Math.max(0, at - 80), end = Math.min(text.length, begin + 200);
    return (begin ? "..." : "") + text.slice(begin, end) + (end < text.length ? "..." : "");
}

function show(query, sections) {
    var found = find(query, sections), list = document.getElementById("search-results");
    var more = found.length > SHOWN ? ", the best " + SHOWN + " of them here" : "";
    document.getElementById("search-query").value = query;
    if (query)
        document.getElementById("search-count").textContent =
            found.length + (found.length === 1 ? " section has " : " sections have ") + query + more;
    found.slice(0, SHOWN).forEach(function (section) {
        var article = document.createElement("article"), heading = document.createElement("h3");
        var link = document.createElement("a"), text = document.createElement("p");
        link.href = base_url + "/" + section.location;
        link.textContent = section.title;
        text.textContent = around(section.text, wordsOf(query));
        heading.appendChild(link);
        article.appendChild(heading);
        article.appendChild(text);
        list.appendChild(article);
    });
}

function start() {
    var button = document.querySelector("[data-toggle='wy-nav-top']"), shifted = document.querySelectorAll("[data-toggle='wy-nav-shift']");
    button.addEventListener("click", function () {
        for (var i = 0; i < shifted.length; i++)
            shifted[i].classList.toggle("shift");
    });
    if (document.getElementById("search-results")) {
        var asked = /[?&]q=([^&]*)/.exec(window.location.search);
        show(asked ? decodeURIComponent(asked[1].replace(/\+/g, " ")).trim() : "", siteIndex);
    }
}

if (typeof document !== "undefined") // a test has none
    document.addEventListener("DOMContentLoaded", start);
