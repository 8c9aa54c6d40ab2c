/* Narrows the list of datasets to what is typed; without a script there is no field to type into. ES5: old browsers. */
(function () {
  var form = document.querySelector('.filter');
  var field = form.querySelector('input');
  var output = form.querySelector('output');
  var rows = document.querySelectorAll('.list tbody tr');
  var themes = document.querySelectorAll('section.theme');
  var texts = [];
  for (var i = 0; i < rows.length; i++) { texts.push((rows[i].getAttribute('data-id') + ' ' + rows[i].textContent).toLowerCase()); }

  function narrow() {
    var words = field.value.toLowerCase().split(/\s+/);
    var shown = 0;
    for (var n = 0; n < rows.length; n++) {
      var fits = true;
      for (var w = 0; w < words.length; w++) { fits = fits && texts[n].indexOf(words[w]) >= 0; }
      rows[n].hidden = !fits;
      if (fits) { shown++; }
    }
    for (var t = 0; t < themes.length; t++) { themes[t].hidden = !themes[t].querySelector('tbody tr:not([hidden])'); }
    output.textContent = field.value ? shown + ' / ' + rows.length : '';
  }

  form.hidden = false;
  field.addEventListener('input', narrow);
  narrow(); /* what a browser kept in the field when it went back */
})();
