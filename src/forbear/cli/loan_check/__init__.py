"""Does Forbear compute what another system says it should? Vectors in, differences out.

A vector is one expected result somebody else wrote down: ``inputs`` in that source's words,
``expected`` in figures. One file here per source translates its words into Forbear's products and
events; ``kinds`` is the table that says which function reads which kind; ``vectors`` holds the form
and its errors.
"""
