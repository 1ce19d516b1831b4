package datafile
