/* Sets the lights right for the reader's day; without it they are those of the day of the build. ES5: old browsers. */
(function () {
  function two(n) { return (n < 10 ? '0' : '') + n; }
  var now = new Date();
  var today = now.getFullYear() + '-' + two(now.getMonth() + 1) + '-' + two(now.getDate());
  var lights = document.querySelectorAll('.light[data-fresh-until]');
  for (var i = 0; i < lights.length; i++) {
    var fresh = lights[i].getAttribute('data-fresh-until');
    var stale = lights[i].getAttribute('data-stale-after');
    lights[i].className = 'light ' + (today <= fresh ? 'green' : today <= stale ? 'yellow' : 'red');
  }
})();
