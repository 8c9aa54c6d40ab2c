// Where this page lies is where the code on it should look; and code can be copied.
(function () {
  var site = location.href.replace(/[?#].*$/, '').replace(/[^/]*$/, '');
  document.querySelectorAll('[data-site]').forEach(function (node) { node.textContent = site; });
  document.querySelectorAll('.code').forEach(function (box) {
    var button = box.querySelector('button');
    button.hidden = false;
    button.addEventListener('click', function () {
      var text = box.querySelector('pre').textContent;
      var done = function () {
        button.classList.add('done');
        setTimeout(function () { button.classList.remove('done'); }, 2000);
      };
      // Plain http has no clipboard: the old way works there.
      if (navigator.clipboard && window.isSecureContext) { navigator.clipboard.writeText(text).then(done); return; }
      var range = document.createRange();
      range.selectNodeContents(box.querySelector('pre'));
      var selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      if (document.execCommand('copy')) { done(); }
    });
  });
})();
