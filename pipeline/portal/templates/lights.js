/* Sets the lights right for the reader's day, and what counts them; without it they are those of the day of the build.
   ES5: old browsers. */
(function () {
  function two(n) { return (n < 10 ? '0' : '') + n; }
  function all(selector, work) {
    var found = document.querySelectorAll(selector);
    for (var i = 0; i < found.length; i++) { work(found[i]); }
  }
  var now = new Date();
  var today = now.getFullYear() + '-' + two(now.getMonth() + 1) + '-' + two(now.getDate());
  var counts = { green: 0, yellow: 0, red: 0 };
  all('.light[data-fresh-until]', function (light) {
    var fresh = light.getAttribute('data-fresh-until');
    var stale = light.getAttribute('data-stale-after');
    var state = today <= fresh ? 'green' : today <= stale ? 'yellow' : 'red';
    light.className = 'light ' + state;
    counts[state]++;
  });
  all('[data-light-count]', function (count) {
    var state = count.getAttribute('data-light-count');
    if (counts.hasOwnProperty(state)) { count.textContent = counts[state]; } /* what has no cycle is no day's affair */
  });
  all('[data-today]', function (time) {
    time.setAttribute('datetime', today);
    time.textContent = today;
  });
})();
