"""Map review (地图审核): the content list, sample maps, the number and what has changed since it was given."""
