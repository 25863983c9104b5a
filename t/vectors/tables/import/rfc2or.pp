# PP: domain, colon, O/R
x400.example:PRMD$Example Org.ADMD$ .C$XA
ratio.example:O$one\:two.PRMD$Example Org.ADMD$ .C$XA
PRMD$Other.ADMD$Net.C$XB:other.example
under_score.example:PRMD$x.ADMD$ .C$XA
